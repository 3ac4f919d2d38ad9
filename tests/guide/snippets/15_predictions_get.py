prediction = client.predictions.get(prediction_id)
