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
- **Controls.** A screen declares its controls in ``controls.py`` beside it (``control.Control``)
  and hands them to ``pages/screens.py``; each draws itself, keeps its value while it is not
  drawn and joins the link. Session keys are ``<screen>_<name>``, with ``{table}``, ``{model}`` or
  ``{step}`` where they belong to one. What the sidebar sets lives in ``state`` under ``data_*``,
  ``model_*`` and ``display_*``.
- **The link.** Everything set stands in the address (``link``). A link may name what another
  table had: what is not on offer is dropped or refused. ``link.open_state(params)`` followed by
  ``st.switch_page`` shows what a link with these parameters would show: what lessons do.
- **Names from tables** go through ``core.escape`` before ``st.markdown``, widget labels,
  LaTeX or Plotly. ``st.dataframe``, ``st.code`` and the options of a select box show plain
  text.
- **Look.** ``look.style()`` says light or dark, normal or projector, wide or narrow; pass it
  to every figure. Nothing outside ``core/figures/theme.py`` names a colour.
"""
