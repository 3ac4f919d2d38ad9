predictions = client.predictions.list()
