# 根据工作流的输入要求,文件参数可能是:
input_data = {
    # 图片类型
    "image": file.access_url,
    "input_image": file.access_url,
    "background_image": file.access_url,
    # 路径类型
    "image_path": file.access_url,
    "file_path": file.access_url,
    # 文件类型
    "file": file.access_url,
    "input_file": file.access_url,
    # 配合文本提示
    "prompt": "your text prompt",
    "negative_prompt": "unwanted elements",
}
