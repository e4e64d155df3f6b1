"""The service: sends, receives, stores and proves delivery of learner records."""
