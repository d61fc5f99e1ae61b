"""Lessons: stories on real data, with a guess before every answer."""

import streamlit as st

from pages.learn.lessons import parts as lessons

lessons.take_waiting()
lesson, row = lessons.choose()
if lesson is None:
    lessons.index()
    st.stop()
lessons.show(lesson, lessons.navigate(lesson, row))
