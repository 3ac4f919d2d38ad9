prediction = client.run("workflow-id", {
    "input": {
        "prompt": "test",
        "controlnet": "./control.jpg", # ControlNet输入文件
    },
    "wait": False # 不等待,立即返回
})
result = prediction.wait() # 手动等待完成
