"""How the app is served: warmed up, looked after, with a door, headers and a status page.

Streamlit's server is one process; ``assets/deploy`` starts several behind a balancer. What pages
must know of it stands in ``pages/_shared/host``.
"""
