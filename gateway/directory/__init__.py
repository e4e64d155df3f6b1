"""The directory as a TUF repository: kept and signed by a keeper, fetched and checked by every gateway.

``entry`` reads what the repository holds of one organisation or gateway, ``continuity`` and ``vouching`` say what a
change and a newcomer need, ``resolve`` makes of all entries what counts at one moment. All of this is pure.
``roles`` and ``repository`` make signed metadata; ``keeper`` is the keeper's folder. ``client`` fetches and persists,
``source`` is what a running gateway asks.
"""
