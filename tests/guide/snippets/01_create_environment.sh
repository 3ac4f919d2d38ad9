# 确保 Python 3.8+
python --version
# 创建虚拟环境(可选)
python -m venv venv
source venv/bin/activate # macOS/Linux
