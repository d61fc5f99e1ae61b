"""Tests of the figures: their structure, never their pixels."""
