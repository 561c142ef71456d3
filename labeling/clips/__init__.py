"""Events in clips: marks, what they weigh in training, which piece to label next, and files of them."""
