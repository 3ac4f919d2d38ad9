output = client.run(workflow_id, input, **kwargs)
