# 使用 pip 安装
pip install speedpix
# 或使用 uv(推荐)
uv add speedpix
