"""How the property tests search: the same cases on every run, and `make fuzz` for a long search of new ones."""

from hypothesis import HealthCheck, settings

# A shared machine is slow for reasons of its own, so neither profile measures time.
_PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

settings.register_profile("steady", _PATIENT, max_examples=10, derandomize=True)
settings.register_profile("fuzz", _PATIENT, max_examples=5000, print_blob=True)
settings.load_profile("steady")
