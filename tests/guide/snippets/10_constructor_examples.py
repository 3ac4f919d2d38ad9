# 使用环境变量(推荐)
client = Client()
# 完整配置
client = Client(
    endpoint="https://your-endpoint.com",
    app_key="your-app-key",
    app_secret="your-app-secret",
    timeout=60.0
)
# 最简方式
client = Client("your-app-key", "your-app-secret")
