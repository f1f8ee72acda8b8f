"""Light taken apart and put back without a network: what works on any picture today, and the student's yardstick."""
