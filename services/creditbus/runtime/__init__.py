"""The world outside: settings, the clock, hosting, servers, metrics and logs.

Each is one module, and only a service's ``app`` may ask for it, so that deciding stays pure.
"""
