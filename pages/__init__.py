"""The screens of the app: one file each in ``pages/<section>/``, named by the reader's question.

Screens stand in sub-folders and not in ``pages/`` itself, where Streamlit would take them for
pages of its own and run them without ``app.py``.
"""
