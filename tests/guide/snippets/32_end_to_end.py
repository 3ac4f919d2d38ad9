from speedpix import Client
import os
from pathlib import Path
def complete_example():
    try:
        # 1. 初始化客户端
        client = Client()
        # 2. 上传输入文件
        input_image = client.files.create("./input.jpg")
        style_image = client.files.create("./style.jpg")
        print(f"文件上传成功:")
        print(f" 输入图片: {input_image.access_url}")
        print(f" 风格图片: {style_image.access_url}")
        # 3. 运行AI工作流
        print("开始处理...")
        output = client.run(
            workflow_id="your-workflow-id",
            input={
                "source_image": input_image.access_url,
                "style_image": style_image.access_url,
                "prompt": "将图片转换为艺术风格",
                "strength": 0.8,
                "steps": 20,
            },
            alias_id="main"
        )
        # 4. 保存结果
        if hasattr(output.get('images'), 'save'):
            output_path = "./processed_result.png"
            output['images'].save(output_path)
            print(f"处理完成,结果已保存到: {output_path}")
            # 5. 验证输出文件
            if Path(output_path).exists():
                file_size = Path(output_path).stat().st_size
                print(f"输出文件大小: {file_size} bytes")
            else:
                print("输出文件未找到")
        else:
            print("输出中没有找到图片结果")
    except Exception as error:
        print(f"处理失败: {error}")
        # 详细错误信息
        if hasattr(error, 'prediction'):
            print(f" 预测ID: {error.prediction.id}")
            print(f" 错误详情: {error.prediction.error}")
if __name__ == "__main__":
    complete_example()
