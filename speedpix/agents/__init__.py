"""Workflows for assistants: an MCP server over stdio, for the extra `mcp`."""
