import speedpix
output = speedpix.run("workflow-id", {
    "input": {
        "prompt": "test",
        "image": "./input.jpg", # 文件路径会自动上传并转换
    }
})
