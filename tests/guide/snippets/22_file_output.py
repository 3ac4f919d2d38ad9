# FileOutput 方法
output['images'].save("result.png") # 保存到本地
buffer = output['images'].read() # 读取为bytes
url = str(output['images']) # 获取URL字符串
