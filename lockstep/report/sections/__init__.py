"""The sections of the page: of each the facts, figures and captions, and its part of the template beside them."""
