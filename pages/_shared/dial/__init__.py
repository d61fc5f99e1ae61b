"""The pooling dial: a component that draws itself while it is turned."""
