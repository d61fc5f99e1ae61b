"""Lessons: stories on real data, with a guess before every answer."""

import streamlit as st

from pages._shared import lessons

lesson, row = lessons.choose()
if lesson is None:
    lessons.index()
    st.stop()
lessons.show(lesson, lessons.navigate(lesson, row))
