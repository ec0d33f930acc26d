"""Strings in, strings out: steps, answers, tagged sections, prompts, chats. No file, no model, no record made."""
