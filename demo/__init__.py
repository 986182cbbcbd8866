"""A recogniser on a page of Gradio's; `app.py` is what a Space runs."""
