result = prediction.wait(polling_interval=1.0)
