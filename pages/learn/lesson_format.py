"""How to write a lesson: the documentation of the file format."""

import streamlit as st

from pages._shared import texts

st.markdown(texts.asset("lessons/FORMAT.md"))
