"""The model as the reader sets it and as the screens say it."""
