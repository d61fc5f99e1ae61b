"""What all screens share, and how to write one more.

A screen is a script in ``pages/<section>/<screen>.py`` with a line in ``app.py``. It reads
as a table of contents::

    from pages._shared import figures, look, messages, state, texts

    text = texts.load("ranking")                  # assets/text/ranking.toml
    shown = state.shown()                         # the fits that the sidebar asks for
    messages.problems(shown)                      # what went wrong, if anything did
    st.title(escape.for_markdown(headline), anchor=False)
    figure = plot_ranking(shown.fits, wording=shown.wording, style=look.style())
    figures.show(figure, key="ranking", alt=..., table=..., file_name="ranking.csv")

- **Fits.** ``app.py`` draws the sidebar and resolves it once per run, before the screen.
  ``state.shown()`` gives the result: ``.dataset``, ``.spec``, ``.fits`` (always there: when
  the model asked for fails, they are the last ones that worked and ``.error`` says why),
  ``.wording`` (nouns, labels, units). ``shown.fits.multilevel_or_none`` may be None: handle
  it, or call ``messages.needs_multilevel(shown)``, which explains and stops the screen.
- **More computing.** Pass a function to ``cache.derived(shown, "name", function, *options)``:
  for shipped examples the result is shared by all sessions, for uploads it stays in the
  session. The options are part of the key, so they must be hashable; never a DataFrame.
- **Messages.** A screen catches only ``PoolingError`` and shows it by ``messages.error``.
- **Keys.** Session keys and widget keys are ``<screen>_<name>``; a widget that must outlive
  a change of screen or view takes ``persist_state="session"``. What the sidebar sets lives
  in ``state`` under ``data_*``, ``model_*`` and ``display_*``.
- **The link.** Everything set stands in the address (``link``). A control of a screen joins it
  by a line in ``link_options``; its key must be stable, and what it shows must be checked
  against the options that the table gives (``controls.keep_valid``), because a link may name
  what another table had. ``link.open_state(params)`` followed by ``st.switch_page`` shows
  what a link with these parameters would show: what lessons do.
- **Names from tables** go through ``core.escape`` before ``st.markdown``, widget labels,
  LaTeX or Plotly. ``st.dataframe``, ``st.code`` and the options of a select box show plain
  text.
- **Look.** ``look.style()`` says light or dark, normal or projector, wide or narrow; pass it
  to every figure. Nothing outside ``core/figures/theme.py`` names a colour.
"""
