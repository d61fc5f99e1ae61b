"""Terms: what the words of the field mean."""

import streamlit as st

st.title("Terms", anchor=False)
