"""What the short marks of the data files mean, in words; the files themselves hold only the marks."""

CLASSES = {
    "O": "Ordinary personal data",
    "SC": "Special category data",
    "SG": "Safeguarding",
    "CR": "Criminal-offence data",
}
SOURCES = {
    "000": "the Alternative Provision Framework",
    "001": "the framework's guide to data transfer between settings",
    "002": "a trust's policy on alternative provision",
    "003": "a local authority's handbook",
    "gap": "this standard, where the sources are silent",
}
AUTHORITIES = {
    "STAT": "statute or regulations",
    "SG": "statutory guidance",
    "POL": "a trust's policy",
    "LAH": "a local authority's handbook",
    "FWK": "the framework",
    "PROP": "this standard's own proposal",
    "INT": "what a government intends; not law",
}
MODES = {"R": "rejects", "F": "flags, never rejects"}
CARDINALITIES = {
    "1": "exactly one",
    "0..1": "one or none",
    "1..*": "one or more",
    "0..*": "any number",
}
FAMILIES = {
    "HS": "Home school",
    "RS": "Receiving school",
    "AP": "Alternative provider",
    "OAP": "Other provider",
    "LA": "Local authority",
    "MA": "Agencies",
    "PAR": "Parents",
    "PUP": "Pupils",
    "AUD": "Audit body",
}


def legend(words: dict[str, str]) -> str:
    """The marks with their meaning on one line."""
    return "; ".join(f"**{mark}** {meaning}" for mark, meaning in words.items()) + "."
