"""Light rigs in files of Universal Scene Description (USD), as UsdLux has lights.

USD's library is an extra: it is imported when a USD file is met, never before.
"""
