"""`lockstep verify`: the pipeline runs again in a clean copy, and every output's hash must be dvc.lock's."""
