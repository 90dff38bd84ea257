"""The words and rules of customer support, free of any framework, driver or provider."""
