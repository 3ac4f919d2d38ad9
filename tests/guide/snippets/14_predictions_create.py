prediction = client.predictions.create(
    workflow_id,
    input,
    alias_id=None,
    version_id=None,
    file_encoding_strategy="url"
)
