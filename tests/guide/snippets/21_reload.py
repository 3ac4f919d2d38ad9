updated = prediction.reload()
