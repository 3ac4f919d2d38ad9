client = Client(
    endpoint=None,
    app_key=None,
    app_secret=None,
    timeout=30.0,
    user_agent=None
)
