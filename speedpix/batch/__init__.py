"""Many runs in one call: resumable, and never paid twice."""
