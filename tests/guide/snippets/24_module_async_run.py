output = await speedpix.async_run(
    workflow_id="workflow-123",
    input={"prompt": "test"}
)
