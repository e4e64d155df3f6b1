"""The pages of the published standard, made from its data files; nothing here is part of the wheel.

Every page is a pure function of `data.Standard`; only `__main__` and `publish` touch files.
"""
