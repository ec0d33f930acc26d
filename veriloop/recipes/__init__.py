"""One folder per paper: README, recipe, results. Nothing imports a recipe but the door.

A recipe joins the rooms into a whole run; a kind that two recipes need moves to the room it belongs to.
"""
