file = client.files.create(file_input)
