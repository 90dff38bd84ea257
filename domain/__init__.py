"""Defines the terms and rules of customer support, without any framework, driver or provider."""
