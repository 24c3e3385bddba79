"""What an agency or a subscriber imports: publish events; receive and acknowledge directives."""
