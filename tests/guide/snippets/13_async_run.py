output = await client.async_run(workflow_id, input, **kwargs)
