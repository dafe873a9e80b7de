"""What billing gets: answers for a period, frozen runs, corrections, proof and notices."""
