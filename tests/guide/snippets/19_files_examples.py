from pathlib import Path
# 上传本地文件
file1 = client.files.create("./image.jpg")
# 上传Path对象
file2 = client.files.create(Path("./image.jpg"))
# 上传文件对象
with open("./image.jpg", "rb") as f:
    file3 = client.files.create(f)
# 使用上传的文件
output = client.run(
    workflow_id="workflow-123",
    input={
        "image": file1.access_url, # 使用文件URL
        "prompt": "处理图片",
    }
)
