// To be imported first: whatever is imported after it goes without the addon.
process.env['VARVE_NO_ADDON'] = '1';
