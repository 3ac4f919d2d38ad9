# 运行测试脚本
python quickstart.py
# 验证安装
python -c "import speedpix; print('SpeedPix SDK 安装成功!')"
# 检查生成的文件
ls -la result.png
