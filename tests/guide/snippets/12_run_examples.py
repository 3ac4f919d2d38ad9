# 基础用法
output = client.run(
    workflow_id="workflow-123",
    input={
        "prompt": "生成图片",
        "image": "./source.jpg", # 自动上传
        "strength": 0.8,
        "steps": 20,
    }
)
# 高级用法
output = client.run(
    workflow_id="workflow-123",
    input={
        "prompt": "风格转换",
        "source_image": "./input.jpg",
        "style_image": "/Users/you/style.png",
        "control_image": "./control.jpg",
    },
    alias_id="v2.1",
    file_encoding_strategy="base64", # 使用base64编码小文件
    polling_interval=2.0 # 2秒轮询一次
)
# 异步执行(不等待)
prediction = client.run(
    workflow_id="workflow-123",
    input={"prompt": "复杂任务"},
    wait=False
)
print(f"任务ID: {prediction.id}")
result = prediction.wait()
